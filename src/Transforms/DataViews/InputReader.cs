using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>Reads the bound inputs of one source row into a slot of a batch.</summary>
internal sealed class InputReader
{
    private readonly List<(int Input, ValueGetter<ReadOnlyMemory<char>> Getter)> _texts = [];
    private readonly List<(int Input, ValueGetter<float> Getter)> _singles = [];

    public InputReader(DataViewRow source, IBatchMapping mapping, DataViewSchema.Column?[] boundInputs)
    {
        for (int i = 0; i < boundInputs.Length; i++)
        {
            if (boundInputs[i] is not { } column)
            {
                continue;
            }

            if (mapping.Inputs[i].Kind == ColumnKind.Text)
            {
                _texts.Add((i, source.GetGetter<ReadOnlyMemory<char>>(column)));
            }
            else
            {
                _singles.Add((i, source.GetGetter<float>(column)));
            }
        }
    }

    public void Read(BatchRows rows, int row)
    {
        foreach ((int input, ValueGetter<ReadOnlyMemory<char>> getter) in _texts)
        {
            getter(ref rows.InputTexts(input)![row]);
        }

        foreach ((int input, ValueGetter<float> getter) in _singles)
        {
            getter(ref rows.InputSingles(input)![row]);
        }
    }
}
