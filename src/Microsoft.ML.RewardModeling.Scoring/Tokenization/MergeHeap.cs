namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>A queue of merges: lowest rank first, of equals the leftmost. Rank and position share one number, which orders both at once.</summary>
internal sealed class MergeHeap(int capacity)
{
    private ulong[] _items = new ulong[Math.Max(16, capacity)];
    private int _count;

    public void Push(int rank, int position)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, _count * 2);
        }

        ulong item = ((ulong)(uint)rank << 32) | (uint)position;
        int place = _count++;
        while (place > 0 && _items[(place - 1) / 4] > item)
        {
            _items[place] = _items[(place - 1) / 4];
            place = (place - 1) / 4;
        }

        _items[place] = item;
    }

    public bool TryPop(out int rank, out int position)
    {
        if (_count == 0)
        {
            rank = position = 0;
            return false;
        }

        (rank, position) = ((int)(_items[0] >> 32), (int)(uint)_items[0]);
        ulong last = _items[--_count];
        int place = 0;
        while (true)
        {
            int child = (place * 4) + 1;
            if (child >= _count)
            {
                break;
            }

            int end = Math.Min(child + 4, _count);
            for (int other = child + 1; other < end; other++)
            {
                if (_items[other] < _items[child])
                {
                    child = other;
                }
            }

            if (_items[child] >= last)
            {
                break;
            }

            _items[place] = _items[child];
            place = child;
        }

        _items[place] = last;
        return true;
    }
}
