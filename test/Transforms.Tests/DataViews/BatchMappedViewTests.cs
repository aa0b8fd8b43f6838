using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.Tests.DataViews;

[TestClass]
public sealed class BatchMappedViewTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(4, 1)]
    [DataRow(1, 7)]
    [DataRow(3, 5)]
    public void GetRowCursor_AnyBatchSizeAndConcurrency_GivesRowsInOrder(int batchSize, int batchesInFlight)
    {
        (MLContext ml, IDataView input) = Data(50);
        EchoMapping mapping = new(batchSize, batchesInFlight);
        IDataView view = BatchMapping.Transform(mapping, input);

        Row[] rows = [.. ml.Data.CreateEnumerable<Row>(view, reuseRowObject: false)];

        Assert.HasCount(50, rows);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.AreEqual($"echo text {i}", rows[i].Echo);
            Assert.AreEqual(i * 2f, rows[i].Doubled);
            CollectionAssert.AreEqual(new float[] { i, i + 1, i + 2 }, rows[i].Vector);
        }

        Assert.AreEqual((50 + batchSize - 1) / batchSize, mapping.Calls);
    }

    [TestMethod]
    public void GetRowCursor_IdsBatchAndPosition_EqualTheInputs()
    {
        (_, IDataView input) = Data(10);
        IDataView view = BatchMapping.Transform(new EchoMapping(3, 2), input);
        using DataViewRowCursor source = input.GetRowCursor(input.Schema);
        using DataViewRowCursor mapped = view.GetRowCursor(view.Schema);
        ValueGetter<DataViewRowId> sourceId = source.GetIdGetter();
        ValueGetter<DataViewRowId> mappedId = mapped.GetIdGetter();
        DataViewRowId expected = default;
        DataViewRowId actual = default;

        Assert.AreEqual(-1, mapped.Position);
        while (source.MoveNext())
        {
            Assert.IsTrue(mapped.MoveNext());
            sourceId(ref expected);
            mappedId(ref actual);
            Assert.AreEqual(expected, actual);
            Assert.AreEqual(source.Position, mapped.Position);
            Assert.AreEqual(source.Batch, mapped.Batch);
        }

        Assert.IsFalse(mapped.MoveNext());
        Assert.AreEqual(-1, mapped.Position);
    }

    [TestMethod]
    public void GetRowCursor_NoOutputAskedFor_DoesNoWork()
    {
        (_, IDataView input) = Data(10);
        EchoMapping mapping = new(3, 2);
        IDataView view = BatchMapping.Transform(mapping, input);

        Assert.HasCount(10, view.GetColumn<string>("Text").ToArray());
        Assert.AreEqual(0, mapping.Calls);
        Assert.IsFalse(view.CanShuffle);
    }

    [TestMethod]
    public void GetRowCursor_OneOutputAskedFor_ReadsOnlyItsInputs()
    {
        (_, IDataView input) = Data(4);
        EchoMapping mapping = new(4, 1);
        IDataView view = BatchMapping.Transform(mapping, input);

        CollectionAssert.AreEqual(new[] { 0f, 2f, 4f, 6f }, view.GetColumn<float>("Doubled").ToArray());
        CollectionAssert.AreEqual(new[] { false, true }, mapping.LastActive);
        CollectionAssert.AreEqual(new[] { false, true }, mapping.LastBound.ToArray());
    }

    [TestMethod]
    public void GetGetter_VectorPassedThrough_CopiesInsteadOfSharing()
    {
        (_, IDataView input) = Data(6);
        IDataView view = BatchMapping.Transform(new EchoMapping(2, 1), input);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Vector"]);
        VBuffer<float> kept = default;
        VBuffer<float> later = default;
        cursor.MoveNext();
        getter(ref kept);
        while (cursor.MoveNext())
        {
            getter(ref later);
        }

        CollectionAssert.AreEqual(new float[] { 0, 1, 2 }, kept.DenseValues().ToArray());
    }

    [TestMethod]
    public void GetRowCursorSet_SeveralCursors_GiveTheSerialRows()
    {
        (_, IDataView input) = Data(40);
        IDataView view = BatchMapping.Transform(new EchoMapping(3, 2), input);
        List<string> texts = [];
        foreach (DataViewRowCursor cursor in view.GetRowCursorSet(view.Schema, 4))
        {
            using (cursor)
            {
                ValueGetter<ReadOnlyMemory<char>> getter = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Echo"]);
                ReadOnlyMemory<char> text = default;
                while (cursor.MoveNext())
                {
                    getter(ref text);
                    texts.Add(text.ToString());
                }
            }
        }

        CollectionAssert.AreEquivalent(Enumerable.Range(0, 40).Select(i => $"echo text {i}").ToArray(), texts);
    }

    [TestMethod]
    public void MoveNext_MappingFails_ThrowsItsExceptionAndDisposesCleanly()
    {
        (_, IDataView input) = Data(20);
        IDataView view = BatchMapping.Transform(new EchoMapping(1, 4) { FailAt = "text 5" }, input);

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => _ = view.GetColumn<string>("Echo").ToArray());
        Assert.AreEqual("stop", error.Message);
    }

    [TestMethod]
    public void Dispose_BeforeTheEnd_CancelsAndWaitsForWorkInFlight()
    {
        (_, IDataView input) = Data(20);
        EchoMapping mapping = new(1, 4) { HangAfter = "text 0" };
        DataViewRowCursor cursor = BatchMapping.Transform(mapping, input).GetRowCursor(BatchMapping.GetOutputSchema(mapping, input.Schema));
        cursor.MoveNext();
        cursor.Dispose();

        Assert.AreEqual(0, mapping.Running);
    }

    [TestMethod]
    public void GetColumn_KeyAndBooleanColumns_PassThrough()
    {
        MLContext ml = new(seed: 1);
        IDataView input = ml.Transforms.Conversion.MapValueToKey("Key", "Text").Fit(Data(5).View).Transform(Data(5).View);
        IDataView view = BatchMapping.Transform(new EchoMapping(2, 2), input);

        CollectionAssert.AreEqual(input.GetColumn<uint>("Key").ToArray(), ml.Data.CreateEnumerable<KeyRow>(view, false).Select(r => r.Key).ToArray());
    }

    [TestMethod]
    public void Transform_MissingColumnOrWrongType_NamesIt()
    {
        MLContext ml = new(seed: 1);
        IDataView missing = ml.Transforms.DropColumns("Text").Fit(Data(1).View).Transform(Data(1).View);
        IDataView wrong = ml.Transforms.CopyColumns("Text", "Number").Fit(Data(1).View).Transform(Data(1).View);

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => BatchMapping.Transform(new EchoMapping(1, 1), missing)).Message, "no column 'Text'");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => BatchMapping.Transform(new EchoMapping(1, 1), wrong)).Message, "Column 'Text' has type Single");
    }

    [TestMethod]
    public void TrainTestSplit_OfMappedView_KeepsValues()
    {
        (MLContext ml, IDataView input) = Data(40);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(BatchMapping.Transform(new EchoMapping(3, 2), input), 0.25);

        string[] all = [.. split.TrainSet.GetColumn<string>("Echo"), .. split.TestSet.GetColumn<string>("Echo")];
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 40).Select(i => $"echo text {i}").ToArray(), all);
    }

    [TestMethod]
    public void GetRow_ThroughPredictionEngine_ComputesOncePerRow()
    {
        MLContext ml = new(seed: 1);
        EchoMapping mapping = new(8, 4);
        using PredictionEngine<InputRow, OutputRow> engine = ml.Model.CreatePredictionEngine<InputRow, OutputRow>(new MappingTransformer(mapping));

        Assert.AreEqual("echo one", engine.Predict(new InputRow { Text = "one", Number = 3 }).Echo);
        OutputRow second = engine.Predict(new InputRow { Text = "two", Number = 4 });
        Assert.AreEqual("echo two", second.Echo);
        Assert.AreEqual(8f, second.Doubled);
        Assert.AreEqual(2, mapping.Calls);
    }

    [TestMethod]
    public void Append_SchemaShape_AddsScalarColumnsAndChecksInputs()
    {
        (_, IDataView input) = Data(1);
        EchoMapping mapping = new(1, 1);
        SchemaShape shape = SchemaShapes.Append(SchemaShapes.Append(new SchemaShape([]), [], [new("Text", ColumnKind.Text), new("Number", ColumnKind.Single)]), mapping.Inputs, mapping.Outputs);

        SchemaShape.Column doubled = shape.Single(c => c.Name == "Doubled");
        Assert.AreEqual(SchemaShape.Column.VectorKind.Scalar, doubled.Kind);
        Assert.AreEqual(NumberDataViewType.Single, doubled.ItemType);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SchemaShapes.Append(new SchemaShape([]), mapping.Inputs, mapping.Outputs));
        _ = input;
    }

    private static (MLContext Ml, IDataView View) Data(int rows)
    {
        MLContext ml = new(seed: 1);
        return (ml, ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows)
            .Select(i => new InputRow { Text = $"text {i}", Number = i, Vector = [i, i + 1, i + 2] }).ToList()));
    }

    private sealed class InputRow
    {
        public string Text { get; set; } = string.Empty;

        public float Number { get; set; }

        [VectorType(3)]
        public float[] Vector { get; set; } = [0, 0, 0];
    }

    private sealed class OutputRow
    {
        public string Echo { get; set; } = string.Empty;

        public float Doubled { get; set; }
    }

    private sealed class KeyRow
    {
        [KeyType(5)]
        public uint Key { get; set; }

        public string Echo { get; set; } = string.Empty;
    }

    private sealed class Row
    {
        public string Echo { get; set; } = string.Empty;

        public float Doubled { get; set; }

        [VectorType(3)]
        public float[] Vector { get; set; } = [];
    }

    private sealed class MappingTransformer(IBatchMapping mapping) : ITransformer
    {
        public bool IsRowToRowMapper => true;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchMapping.GetOutputSchema(mapping, inputSchema);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => BatchMapping.GetRowToRowMapper(mapping, inputSchema);

        public void Save(ModelSaveContext ctx) => throw new NotSupportedException();

        public IDataView Transform(IDataView input) => BatchMapping.Transform(mapping, input);
    }

    /// <summary>Echo = "echo " + Text, Doubled = 2 * Number; Echo needs only Text, Doubled only Number.</summary>
    private sealed class EchoMapping(int batchSize, int batchesInFlight) : IBatchMapping
    {
        private int _calls;
        private int _running;

        public string? FailAt { get; init; }

        public string? HangAfter { get; init; }

        public int Calls => _calls;

        public int Running => _running;

        public bool[] LastActive { get; private set; } = [];

        public bool[] LastBound { get; private set; } = [];

        public IReadOnlyList<InputColumn> Inputs { get; } = [new("Text", ColumnKind.Text), new("Number", ColumnKind.Single)];

        public IReadOnlyList<OutputColumn> Outputs { get; } = [new("Echo", ColumnKind.Text), new("Doubled", ColumnKind.Single)];

        public int BatchSize => batchSize;

        public int BatchesInFlight => batchesInFlight;

        public bool NeedsInput(int input, IReadOnlyList<bool> activeOutputs) => activeOutputs[input];

        public async Task MapAsync(BatchRows rows, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _running);
            try
            {
                Interlocked.Increment(ref _calls);
                if (HangAfter is not null && rows.GetText(0, 0).ToString() != HangAfter)
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }

                LastActive = [.. rows.ActiveOutputs];
                LastBound = [.. rows.BoundInputs];
                for (int row = 0; row < rows.Count; row++)
                {
                    string text = rows.GetText(0, row).ToString();
                    if (text == FailAt)
                    {
                        throw new RewardModelingException("stop");
                    }

                    if (batchesInFlight > 1 && row % 2 == 0)
                    {
                        await Task.Yield();
                    }

                    rows.SetText(0, row, "echo " + text);
                    rows.SetSingle(1, row, 2 * rows.GetSingle(1, row));
                }
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
