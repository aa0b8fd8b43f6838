namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>The element types of the safetensors format and their sizes.</summary>
internal static class SafetensorsDtype
{
    /// <summary>Names of the types, as written in the header.</summary>
    public const string Known =
        "BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64";

    /// <summary>Names of the types that are read as numbers, in the words of an error message.</summary>
    public const string Readable = "F32, F16, BF16, F8_E4M3, F8_E5M2 or F64";

    /// <summary>Bits of one element, or 0 for a name the format does not have.</summary>
    public static int BitsOf(string dtype) => dtype switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "I16" or "U16" or "F16" or "BF16" => 16,
        "I32" or "U32" or "F32" => 32,
        "I64" or "U64" or "F64" or "C64" => 64,
        _ => 0,
    };

    /// <summary>Bytes of one element, or 0 for a type that is unknown or packs several elements in a byte.</summary>
    public static int SizeOf(string dtype) => BitsOf(dtype) is var bits && bits % 8 == 0 ? bits / 8 : 0;

    /// <summary>Whether the elements can be read as 32-bit floats.</summary>
    public static bool IsReadable(string dtype) => dtype is "F32" or "F16" or "BF16" or "F8_E4M3" or "F8_E5M2" or "F64";
}
