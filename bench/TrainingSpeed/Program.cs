using Microsoft.ML.RewardModeling.Native;
using Microsoft.ML.RewardModeling.TrainingSpeed;

TorchRuntime.EnsureLoaded();
if (args is ["worker", string job])
{
    Worker.Serve(job);
    return 0;
}

return Harness.Run(args);
