using Airlock.Micro;
using BenchmarkDotNet.Running;

// dotnet run --project bench/Airlock.Micro -c Release -- --filter '*' --job short
BenchmarkSwitcher.FromAssembly(typeof(CoreBenchmarks).Assembly).Run(args);
