using System;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerStore;

/// <summary>A layer that is whole, under a shared lock of its directory: the garbage collection leaves it and what is below it.</summary>
public sealed class HeldLayer : IDisposable
{
    private readonly int _directory;

    internal HeldLayer(Digest chainId, int directory) => (ChainId, _directory) = (chainId, directory);

    public Digest ChainId { get; }

    /// <summary>A descriptor of the layer's tree (O_PATH), for the caller to close.</summary>
    public int OpenTree() =>
        Sys.Open(_directory, ZeroTerminated.Of(Layers.Tree), Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW).OrThrow($"open layer {ChainId}");

    /// <summary>The chain id below; null in the lowest layer.</summary>
    public Digest? ReadParent()
    {
        var bytes = Entries.TryRead(_directory, Layers.Parent) ?? throw new ImageError($"layer {ChainId} does not name its parent");
        var text = Encoding.ASCII.GetString(bytes).Trim();
        return text.Length == 0 ? null : Digest.Parse(text, $"the parent of layer {ChainId}");
    }

    public void Dispose() => Sys.Close(_directory);
}
