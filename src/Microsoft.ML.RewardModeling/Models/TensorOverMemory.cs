using System.Reflection;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// TorchSharp's own factory of tensors that use memory in place. Its public overloads for <c>Memory&lt;T&gt;</c> copy; this
/// one is private, so it is looked up with its exact signature, and where a version lacks it the caller copies.
/// </summary>
internal static class TensorOverMemory<T>
{
    /// <summary>The factory, or null. The memory is pinned until the tensor is freed.</summary>
    public static readonly Factory? Create = Find();

    /// <summary>Memory, shape, its element type, the tensor's type, device, gradient, copy, names of dimensions.</summary>
    public delegate Tensor Factory(
        Memory<T> memory, ReadOnlySpan<long> shape, sbyte elementType, ScalarType? type, Device? device, bool requiresGrad, bool clone, string[]? names);

    private static Factory? Find() => typeof(torch).GetMethods(BindingFlags.NonPublic | BindingFlags.Static)
        .Where(method => method is { Name: "_tensor_generic", IsGenericMethodDefinition: true } && method.GetGenericArguments().Length == 1)
        .Select(method => Delegate.CreateDelegate(typeof(Factory), method.MakeGenericMethod(typeof(T)), throwOnBindFailure: false))
        .OfType<Factory>()
        .FirstOrDefault();
}
