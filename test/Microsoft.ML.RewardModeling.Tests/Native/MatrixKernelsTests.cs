using System.Runtime.InteropServices;
using Microsoft.ML.RewardModeling.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Native;

[TestClass]
public sealed class MatrixKernelsTests
{
    [TestMethod]
    public void ProbeError_KernelsInUse_AreExact()
    {
        TorchRuntime.EnsureLoaded();
        Assert.IsLessThan(MatrixKernels.Tolerance, MatrixKernels.ProbeError());
    }

    /// <summary>The probe must tell: products of numbers rounded to bfloat16 are far outside its tolerance.</summary>
    [TestMethod]
    public void Tolerance_RoundedInputs_AreFarOutside()
    {
        TorchRuntime.EnsureLoaded();
        using DisposeScope scope = NewDisposeScope();
        Tensor a = rand(512, 512), b = rand(512, 512);
        Tensor Rounded(Tensor x) => x.to(ScalarType.BFloat16).to(ScalarType.Float64);
        double error = (Rounded(a).mm(Rounded(b)) - a.to(ScalarType.Float64).mm(b.to(ScalarType.Float64))).abs().max().item<double>() / Math.Sqrt(512);
        Assert.IsGreaterThan(10 * MatrixKernels.Tolerance, error);
    }

    [TestMethod]
    public void UseFastest_LibraryWithoutTheSetting_ChangesNothing()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("Looks for a Linux library.");
        }

        Assert.IsFalse(MatrixKernels.UseFastest(NativeLibrary.Load("libc.so.6")));
    }
}
