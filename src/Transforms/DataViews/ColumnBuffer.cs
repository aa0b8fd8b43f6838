using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>Keeps the values of one passed-through column of any type for the rows that were read ahead.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Stores the source row's value in a slot.</summary>
    public abstract void Fetch(int slot);

    /// <summary>A getter of the value in the slot that <paramref name="slot"/> names at the time of the call.</summary>
    public abstract Delegate CreateGetter(Func<int> slot);

    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int slots)
    {
        Type type = column.Type is VectorDataViewType vector
            ? typeof(VectorBuffer<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(ScalarBuffer<>).MakeGenericType(column.Type.RawType);
        return (ColumnBuffer)Activator.CreateInstance(type, row, column, slots)!;
    }

    private sealed class ScalarBuffer<T>(DataViewRow row, DataViewSchema.Column column, int slots) : ColumnBuffer
    {
        private readonly ValueGetter<T> _getter = row.GetGetter<T>(column);
        private readonly T[] _values = new T[slots];

        public override void Fetch(int slot) => _getter(ref _values[slot]);

        public override Delegate CreateGetter(Func<int> slot) => (ValueGetter<T>)((ref T value) => value = _values[slot()]);
    }

    private sealed class VectorBuffer<T>(DataViewRow row, DataViewSchema.Column column, int slots) : ColumnBuffer
    {
        private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);
        private readonly VBuffer<T>[] _values = new VBuffer<T>[slots];

        // Every slot owns its arrays: the source fills them in place.
        public override void Fetch(int slot) => _getter(ref _values[slot]);

        // A copy: the reader may keep or change its buffer while the slot is filled with another row.
        public override Delegate CreateGetter(Func<int> slot)
            => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[slot()].CopyTo(ref value));
    }
}
