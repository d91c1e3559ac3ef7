using System;
using SharpRun.Image.Blobs;
using SharpRun.LayerTar;
using SharpRun.Linux;

namespace SharpRun.Image.Pack;

/// <summary>Whether a file of the tree still has the content that the layers say.</summary>
sealed class ContentDigest(TreeRoot root)
{
    private const int BlockBytes = 128 << 10;

    private readonly byte[] _block = new byte[BlockBytes];

    public bool IsSame(TreeEntry entry, LowerNode lower)
    {
        var file = root.OpenContent(entry);
        try
        {
            using var hasher = new Hasher();
            while (Sys.Read(file, _block).OrThrow(root.Act("read", entry.Path)) is > 0 and var length)
            {
                hasher.Append(_block.AsSpan(0, length));
            }
            root.VerifyUnchanged(file, entry);
            return hasher.Finish() == lower.Content;
        }
        finally
        {
            Sys.Close(file);
        }
    }
}
