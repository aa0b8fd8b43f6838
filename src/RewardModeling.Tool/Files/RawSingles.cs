using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace RewardModeling.Tool.Files;

/// <summary>Writes plain little-endian float32 files, which NumPy reads with <c>fromfile(..., "&lt;f4")</c>.</summary>
internal static class RawSingles
{
    public static void Write(string path, ReadOnlySpan<float> values)
    {
        string partial = path + ".partial";
        using (FileStream stream = new(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            if (BitConverter.IsLittleEndian)
            {
                stream.Write(MemoryMarshal.AsBytes(values));
            }
            else
            {
                Span<byte> bytes = stackalloc byte[sizeof(float)];
                foreach (float value in values)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
                    stream.Write(bytes);
                }
            }
        }

        File.Move(partial, path, overwrite: true);
    }
}
