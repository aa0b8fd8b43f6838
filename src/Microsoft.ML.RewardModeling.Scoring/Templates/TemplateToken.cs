namespace Microsoft.ML.RewardModeling.Scoring.Templates;

internal enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>One token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">Its text: the data, name, operator, digits or the unescaped string.</param>
/// <param name="Line">The line it begins in, from 1.</param>
internal readonly record struct TemplateToken(TokenKind Kind, string Value, int Line);
