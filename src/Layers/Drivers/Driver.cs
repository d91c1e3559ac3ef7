using System;
using System.Collections.Generic;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;

namespace SharpRun.Layers.Drivers;

/// <summary>How a writable union is made of read-only layers. Every call is under the union's lock, and may be the next one after a kill -9 of
/// any other: what is there already is no error.</summary>
abstract class Driver
{
    public static Driver Of(DriverKind kind) => kind switch
    {
        DriverKind.Overlay => new OverlayDriver(),
        DriverKind.Btrfs => new BtrfsDriver(),
        _ => new VfsDriver(),
    };

    public static IReadOnlyList<Driver> All { get; } = [new OverlayDriver(), new BtrfsDriver(), new VfsDriver()];

    public abstract DriverKind Kind { get; }

    /// <summary>What somebody who creates a union should know, said on stderr; null: nothing.</summary>
    public virtual string? Notice => null;

    /// <summary>Why it cannot be used with this store, a part of a sentence; null: it can.</summary>
    public abstract string? WhyNot(StorePaths paths);

    /// <summary>Makes the writable layer in the union's empty directory; what was copied is on the disk before it returns.</summary>
    public abstract void Create(Union union, LowerTrees lowers);

    /// <summary>Attaches the union on a directory, O_PATH, in the caller's mount namespace.</summary>
    public abstract void Mount(Union union, LowerTrees lowers, int target);

    /// <summary>A line of the mount table is this union, wherever it is mounted.</summary>
    public abstract bool IsMountOf(Union union, MountEntry mount);

    /// <summary>What the writable layer changes of the layers below it, sorted.</summary>
    public abstract IReadOnlyList<ChangedPath> Changes(Union union, LowerTrees lowers, Action<string> warn);

    /// <summary>The same as a tree in overlay's form, into an empty directory whose own attributes are the caller's to set.</summary>
    public abstract void CopyChanges(Union union, LowerTrees lowers, int into, LayerRules rules, SourceDate date);

    /// <summary>The record is gone already; what is mounted was unmounted. The bytes that were freed.</summary>
    public virtual long Remove(Union union) => TreeRemover.Clear(union.Directory);
}
