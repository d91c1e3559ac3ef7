using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Layers.Drivers;

/// <summary>A copy of all layers: works everywhere, and takes their whole room where the file system cannot share blocks.</summary>
sealed class VfsDriver : PlainDriver
{
    public override DriverKind Kind => DriverKind.Vfs;

    public override string? Notice => "the driver vfs copies all layers (on btrfs and xfs, blocks are shared)";

    public override string? WhyNot(StorePaths paths) => null;

    public override void Create(Union union, LowerTrees lowers)
    {
        var tree = union.MakeDirectory(Tree, Native.S_IRWXU);
        try
        {
            Fill(tree, lowers);
        }
        finally
        {
            Sys.Close(tree);
        }
    }
}
