namespace SharpRun.Layers.Drivers;

enum DriverKind
{
    Overlay, Btrfs, Vfs,
}

/// <summary>The drivers' names, also those of drivers that are no more.</summary>
static class DriverNames
{
    public static string Word(this DriverKind kind) => kind switch
    {
        DriverKind.Overlay => "overlay",
        DriverKind.Btrfs => "btrfs",
        _ => "vfs",
    };

    /// <summary>Null: there is no such driver.</summary>
    public static DriverKind? TryParse(string word) => word switch
    {
        "overlay" or "overlay2" or "overlayfs" => DriverKind.Overlay,
        "btrfs" => DriverKind.Btrfs,
        "vfs" => DriverKind.Vfs,
        _ => null,
    };

    /// <summary>What to use instead of a driver that docker had once; null: it is none of those.</summary>
    public static string? Retired(string word) => word switch
    {
        "aufs" => "use overlay: aufs was never part of the kernel, and docker has removed it",
        "devicemapper" => "use overlay, or btrfs on a disk of its own: docker has removed the thin pools of devicemapper",
        _ => null,
    };
}
