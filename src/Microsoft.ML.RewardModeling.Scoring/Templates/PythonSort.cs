namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>sorted(items, key, reverse): stable, and comparing in Python's order, so that what cannot be compared fails with its message.</summary>
internal static class PythonSort
{
    private const int ShortRun = 64;

    public static List<object?> Sort(IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse)
    {
        (object? Key, object? Item)[] sorted = [.. items.Select(item => (key(item), item))];
        if (reverse)
        {
            Array.Reverse(sorted);
        }

        Sort(sorted);
        if (reverse)
        {
            Array.Reverse(sorted);
        }

        return [.. sorted.Select(entry => entry.Item)];
    }

    private static void Sort(Span<(object? Key, object? Item)> items)
    {
        if (items.Length < ShortRun)
        {
            InsertionSort(items);
            return;
        }

        (object? Key, object? Item)[] left = items[..(items.Length / 2)].ToArray();
        (object? Key, object? Item)[] right = items[left.Length..].ToArray();
        Sort(left);
        Sort(right);
        for (int i = 0, a = 0, b = 0; i < items.Length; i++)
        {
            items[i] = a == left.Length || (b < right.Length && Less(right[b], left[a])) ? right[b++] : left[a++];
        }
    }

    // As CPython's list.sort does with few elements: the run at the beginning, then each further element by binary search.
    private static void InsertionSort(Span<(object? Key, object? Item)> items)
    {
        if (items.Length < 2)
        {
            return;
        }

        int run = 2;
        if (Less(items[1], items[0]))
        {
            while (run < items.Length && Less(items[run], items[run - 1]))
            {
                run++;
            }

            items[..run].Reverse();
        }
        else
        {
            while (run < items.Length && !Less(items[run], items[run - 1]))
            {
                run++;
            }
        }

        for (; run < items.Length; run++)
        {
            (object? Key, object? Item) pivot = items[run];
            int low = 0;
            int high = run;
            while (low < high)
            {
                int middle = low + ((high - low) / 2);
                (low, high) = Less(pivot, items[middle]) ? (low, middle) : (middle + 1, high);
            }

            items[low..run].CopyTo(items[(low + 1)..]);
            items[low] = pivot;
        }
    }

    private static bool Less((object? Key, object? Item) left, (object? Key, object? Item) right) => PythonValue.Compare(left.Key, right.Key, "<") < 0;
}
