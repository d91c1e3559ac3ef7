using System;

namespace SharpRun.LayerTar;

/// <summary>Extended attributes that belong to this machine and not to an image.</summary>
public static class HostAttributes
{
    /// <summary>What an image never gets onto the host's files: overlay's own words, which would hide files or show others when the tree is
    /// mounted as a layer, and the labels that the host's security modules and NFS servers keep themselves (umoci leaves out the same).</summary>
    public static bool Contains(ReadOnlySpan<byte> attribute) =>
        attribute.StartsWith("trusted.overlay."u8) || attribute.StartsWith("user.overlay."u8) || attribute.SequenceEqual("security.selinux"u8)
        || attribute.SequenceEqual("security.ima"u8) || attribute.SequenceEqual("security.evm"u8)
        || attribute.SequenceEqual("system.nfs4_acl"u8) || attribute.SequenceEqual("security.nfs4_acl"u8);
}
