namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>The element types of the safetensors format and their sizes.</summary>
internal static class SafetensorsDtype
{
    /// <summary>Names of the types that take whole bytes, as written in the header.</summary>
    public const string Known = "BOOL, U8, I8, F8_E4M3, F8_E5M2, F8_E8M0, I16, U16, F16, BF16, I32, U32, F32, I64, U64, F64, C64";

    /// <summary>Bytes of one element, or 0 for a name the format does not have (or that packs several elements in a byte).</summary>
    public static int SizeOf(string dtype) => dtype switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 1,
        "I16" or "U16" or "F16" or "BF16" => 2,
        "I32" or "U32" or "F32" => 4,
        "I64" or "U64" or "F64" or "C64" => 8,
        _ => 0,
    };
}
