using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests.Running;

/// <summary>A server that only counts. With its fault it reads, waits and writes, so that a count may be lost.</summary>
/// <param name="isRacy">Whether it has the fault.</param>
/// <param name="onCount">Called at each count.</param>
public sealed class PlantedSubject(bool isRacy, Action<World>? onCount = null) : ISubject
{
    public string Name => "planted";

    public ISubjectServer Start(World world) => new Server(world, isRacy, onCount);

    public Client NewClient(World world, string name, string user) => throw new NotSupportedException("It has no clients.");

    public sealed class Server(World world, bool isRacy, Action<World>? onCount) : ISubjectServer
    {
        public int Count { get; private set; }

        public async Task CountAsync()
        {
            onCount?.Invoke(world);
            var count = Count;
            if (isRacy)
            {
                await Task.Yield();
            }

            Count = count + 1;
            world.Trace.Add(TraceKind.Fault, name: "counted", number: Count);
        }

        public Task ServeAsync(Handshake handshake) => Task.CompletedTask;

        public Task DrainAsync(TimeSpan budget) => Task.CompletedTask;

        public void NoteLeftOvers()
        {
        }

        public void Dispose()
        {
        }
    }
}
