using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Native;

/// <summary>
/// Asks libtorch for the fastest float32 matrix products of this processor that still are float32 products.
/// </summary>
/// <remarks>
/// On x64 libtorch sends float32 products to MKL, which runs its AVX2 kernels on processors of other makers even where they
/// have AVX-512. The setting behind <c>torch.set_float32_matmul_precision("medium")</c> sends them to oneDNN, which uses
/// AVX-512: twice as fast on an AVX-512 processor without AMX, and as exact. Where there is AMX it may really round to
/// bfloat16, so a product is compared with double precision and the setting taken back unless it is as exact as before.
/// The decision depends on the processor only, never on a timing: a resumed run must compute the same bits.
/// TorchSharp has no way to the setting (its own is marked as not implemented), so libtorch's C++ functions are called by
/// their exported names; where a library has none of these names everything stays as it is.
/// </remarks>
internal static unsafe class MatrixKernels
{
    /// <summary>Largest error of a product of 512 terms in [-1, 1], relative to the root of 512: float32 has 1e-6, TF32 3e-4, bfloat16 3e-3.</summary>
    public const double Tolerance = 2e-5;

    private const int ProbeSize = 512;
    private const int OneDnn = 2, Matmul = 3, Bfloat16 = 3;    // at::Float32Backend, Float32Op, Float32Precision

    /// <summary>Switches to the faster kernels if they pass the probe.</summary>
    /// <param name="torchCpu">Handle of <c>libtorch_cpu</c>.</param>
    /// <returns>Whether they are used.</returns>
    public static bool UseFastest(nint torchCpu)
    {
        // Without AVX-512 oneDNN has nothing better than MKL.
        if (!Avx512F.IsSupported || Setting.Find(torchCpu) is not { } setting)
        {
            return false;
        }

        int before = setting.Value;
        setting.Value = Bfloat16;
        if (ProbeError() <= Tolerance)
        {
            return true;
        }

        setting.Value = before;
        return false;
    }

    /// <summary>The largest error of a product against double precision, relative to the root of the number of terms.</summary>
    internal static double ProbeError()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        using Generator generator = new(20_240_601);
        Tensor a = empty(ProbeSize, ProbeSize).uniform_(-1, 1, generator);
        Tensor b = empty(ProbeSize, ProbeSize).uniform_(-1, 1, generator);
        Tensor exact = a.to(ScalarType.Float64).mm(b.to(ScalarType.Float64));
        double product = (a.mm(b).to(ScalarType.Float64) - exact).abs().max().item<double>();
        double linear = (nn.functional.linear(a, b.t().contiguous()).to(ScalarType.Float64) - exact).abs().max().item<double>();
        return Math.Max(product, linear) / Math.Sqrt(ProbeSize);
    }

    /// <summary>The precision that oneDNN may use inside float32 matrix products.</summary>
    private sealed class Setting(nint context, delegate* unmanaged<nint, int, int, int> read, delegate* unmanaged<nint, int, int, int, void> write)
    {
        public int Value
        {
            get => read(context, OneDnn, Matmul);
            set => write(context, OneDnn, Matmul, value);
        }

        public static Setting? Find(nint library)
        {
            // Names of GCC's and Clang's C++ rules; Visual C++ has others, and no other processor than x64 gains.
            if (OperatingSystem.IsWindows() || RuntimeInformation.ProcessArchitecture != Architecture.X64
                || !NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out nint context)
                || !NativeLibrary.TryGetExport(library, "_ZNK2at7Context16float32PrecisionENS_14Float32BackendENS_9Float32OpE", out nint read)
                || !NativeLibrary.TryGetExport(
                    library, "_ZN2at7Context19setFloat32PrecisionENS_14Float32BackendENS_9Float32OpENS_16Float32PrecisionE", out nint write))
            {
                return null;
            }

            return new Setting(
                ((delegate* unmanaged<nint>)context)(),
                (delegate* unmanaged<nint, int, int, int>)read,
                (delegate* unmanaged<nint, int, int, int, void>)write);
        }
    }
}
