using System.Globalization;
using RewardModeling.Tool;
using RewardModeling.Tool.Terminal;

// Numbers on the command line and in files are written the same way in every country.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;

using Interrupts interrupts = new(Console.Error);
return RewardModelApp.Run(args, Console.Out, Console.Error, interrupts);
