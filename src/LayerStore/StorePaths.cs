using SharpRun.Oci;

namespace SharpRun.LayerStore;

/// <summary>The places of the store that our tools share (spec/store.md). Absolute.</summary>
public sealed record StorePaths(string Root)
{
    /// <summary>One OCI image layout.</summary>
    public string Oci => Root + "/oci";

    /// <summary>Unpacked layers in overlay's form: sha256/CHAINID/{fs,parent,done}.</summary>
    public string Layers => Root + "/layers";

    public string LayerOf(Digest chainId) => $"{Layers}/{chainId.Algorithm}/{chainId.Hex}";

    /// <summary>Of the driver btrfs: sha256/CHAINID, a subvolume that a layer and all below it make.</summary>
    public string Btrfs => Root + "/btrfs";

    /// <summary>Writable unions over them: NAME/{upper,work,record.json}.</summary>
    public string Unions => Root + "/unions";
}
