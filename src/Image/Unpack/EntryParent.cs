using SharpRun.Linux;

namespace SharpRun.Image.Unpack;

/// <summary>The directory in which an entry is made, and what of it passes on to what is made in it. The descriptor may be O_PATH.</summary>
readonly record struct EntryParent(int Fd, FileStatus Status)
{
    /// <summary>It has a default access control list (acl(5)), which the kernel gives to what is made in it.</summary>
    public bool GivesAcl { get; init; }

    public bool IsSetGid => (Status.Mode & Native.S_ISGID) != 0;
}
