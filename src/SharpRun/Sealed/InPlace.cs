using System;
using System.Runtime.CompilerServices;
using SharpRun.Linux;

namespace SharpRun.Sealed;

/// <summary>
/// The first way: the running program changes the file it is mapped from, and executes nothing. The new file is the same program seen through
/// a detached overlay, so no page is copied but those that were written since the start.
/// </summary>
static class InPlace
{
    // A static program has six mappings of its own; more than this means that something is not as expected here.
    private const int MostMappings = 16;

    /// <summary>Null when done; otherwise the program runs on as it was, and the answer says why.</summary>
    [SkipLocalsInit]
    public static Refusal? Seal()
    {
        var refusal = SealedOverlay.Open(out var file);
        if (refusal is not null)
        {
            return refusal;
        }
        Span<Mapping> mappings = stackalloc Mapping[MostMappings];
        refusal = ProgramMappings.Read(mappings, out var count);
        if (refusal is null)
        {
            refusal = Replace(mappings[..count], file);
        }
        Sys.Close(file);
        return refusal;
    }

    // A refusal half way is harmless: every page replaced so far has the content it had.
    private static Refusal? Replace(ReadOnlySpan<Mapping> mappings, int file)
    {
        if (mappings.Length == 0 || mappings[0].Offset != 0 || !SealedOverlay.HasHeaderOf(file, mappings[0]))
        {
            return new Refusal("the overlay shows another program", Errno.OK);
        }
        foreach (ref readonly var mapping in mappings)
        {
            // A debugger's work. Copied code would be both writable once and executable, and arm64 would want its caches told.
            if (mapping.HasOwnPages && (mapping.Protection & Native.PROT_EXEC) != 0)
            {
                return new Refusal("the program's code was changed", Errno.OK);
            }
        }
        // The runtime's own thread may still be starting, and writes to the program's data while it does.
        Sys.AwaitQuiet();
        foreach (ref readonly var mapping in mappings)
        {
            var error = mapping.HasOwnPages
                ? Sys.ReplaceByCopy(mapping.Start, mapping.Length, mapping.Protection)
                : Sys.ReplaceByFile(mapping.Start, mapping.Length, mapping.Protection, file, mapping.Offset);
            if (error != Errno.OK)
            {
                return new Refusal("replace a mapping", error);
            }
        }
        // The kernel agrees only when no mapping of the former file is left (EBUSY).
        var set = Sys.SetOwnExe(file);
        return set == Errno.OK ? null : new Refusal("prctl PR_SET_MM", set);
    }
}
