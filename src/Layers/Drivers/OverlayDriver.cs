using System;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;

namespace SharpRun.Layers.Drivers;

/// <summary>overlayfs: nothing is copied before it is changed.</summary>
sealed class OverlayDriver : Driver
{
    public override DriverKind Kind => DriverKind.Overlay;

    public override string? WhyNot(StorePaths paths) => throw new NotImplementedException();

    public override void Create(Union union, LowerTrees lowers) => throw new NotImplementedException();

    public override void Mount(Union union, LowerTrees lowers, int target) => throw new NotImplementedException();

    public override bool IsMounted(Union union, int target) => throw new NotImplementedException();
}
