using System.Diagnostics.CodeAnalysis;
using SharpRun.Linux;

namespace SharpRun.Sealed;

/// <summary>How the program was put beyond a container's reach.</summary>
enum SealedBy
{
    /// <summary>/proc/self/exe is the program on a read-only overlay that nobody can reach or remount.</summary>
    Overlay,

    /// <summary>The program was executed once more, from a copy in sealed memory.</summary>
    Memfd,
}

/// <summary>An act on the way to a sealed program that the kernel refused, or a check that failed.</summary>
sealed record Refusal(string Act, Errno Error)
{
    public override string ToString() => Error == Errno.OK ? Act : $"{Act}: {Error.Sentence()}";
}

/// <summary>
/// Protects the file of this program on the host against the containers that it makes (CVE-2019-5736, security R16): a container can execute
/// /proc/self/exe of its own init, which is this program until it executes the container's, and open it for writing.
/// </summary>
static class OwnProgram
{
    /// <summary>
    /// After this call /proc/self/exe of this process, and of every clone child, names a file that can never be written. Either way of
    /// doing it, or an exception: never nothing. Comes before the first clone or setns, and needs nobody awake but its caller.
    /// May execute the program again from its start, so it also comes before anything is made.
    /// </summary>
    public static SealedBy Seal()
    {
        var overlay = InPlace.Seal();
        if (overlay is null)
        {
            return SealedBy.Overlay;
        }
        var memfd = SealedCopy.IsRunning() ? null : SealedCopy.Execute();
        return memfd is null ? SealedBy.Memfd : throw new SealError(overlay, memfd);
    }
}

/// <summary>Neither way works here; a container made all the same could overwrite the program.</summary>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "The program exports nothing.")]
sealed class SealError(Refusal overlay, Refusal memfd)
    : System.Exception($"own program not protected against the container: by overlay: {overlay}; by sealed copy: {memfd}");
