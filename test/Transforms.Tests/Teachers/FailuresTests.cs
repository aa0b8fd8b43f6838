using System.Net.Http;
using Microsoft.ML.RewardModeling.Teachers;
using Polly.CircuitBreaker;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class FailuresTests
{
    [TestMethod]
    public void KindOf_WrappedBrokenConnection_IsTransientAndDescribedWithoutItsText()
    {
        ClientException exception = new(0, new HttpRequestException(HttpRequestError.ConnectionError, "http://key:secret@host"));

        Assert.AreEqual(FailureKind.Transient, Failures.KindOf(exception));
        Assert.AreEqual("no connection (ConnectionError)", Failures.Describe(exception));
    }

    [TestMethod]
    [DataRow(401, nameof(FailureKind.Fatal))]
    [DataRow(429, nameof(FailureKind.Transient))]
    [DataRow(503, nameof(FailureKind.Transient))]
    [DataRow(400, nameof(FailureKind.Request))]
    [DataRow(0, nameof(FailureKind.Fatal))]
    public void KindOf_Status_Decides(int status, string kind)
        => Assert.AreEqual(kind, Failures.KindOf(new ClientException(status, null)).ToString());

    [TestMethod]
    public void IsOfAServer_FailureBehindAnOpenCircuit_IsSeen()
    {
        Assert.IsTrue(Failures.IsOfAServer(new BrokenCircuitException("open", new ClientException(500, null))));
        Assert.IsFalse(Failures.IsOfAServer(new BrokenCircuitException("open", new TimeoutException())));
    }

    /// <summary>The shape of the exceptions that the clients of providers throw.</summary>
    private sealed class ClientException(int status, Exception? cause) : Exception("sk-secret", cause)
    {
        public int Status { get; } = status;
    }
}
