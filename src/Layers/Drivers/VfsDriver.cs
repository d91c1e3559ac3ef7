using SharpRun.Json;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Layers.Drivers;

sealed class VfsDriver : Driver
{
    public override DriverKind Kind => DriverKind.Vfs;

    public override string? WhyNot(StorePaths paths) => "it is not there yet";

    public override void Create(Union union, LowerTrees lowers) => throw new JsonError("Vfs: not there yet");

    public override void Mount(Union union, LowerTrees lowers, int target) => throw new JsonError("Vfs: not there yet");

    public override bool IsMountOf(Union union, MountEntry mount) => false;
}
