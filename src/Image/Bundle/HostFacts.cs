using System;
using System.Globalization;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Bundle;

/// <summary>What of this machine decides about a bundle. LastCapability is the number of the newest that the kernel knows; the ids are the caller's.</summary>
sealed record HostFacts(string Architecture, Version Kernel, int LastCapability, uint Uid, uint Gid)
{
    private const int FirstKernelWithAll = 41;

    /// <summary>seccomp's word for the architecture.</summary>
    public string SeccompArchitecture => Architecture == "arm64" ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";

    public static HostFacts Read()
    {
        Span<byte> text = stackalloc byte[256];
        var release = Encoding.ASCII.GetString(text[..Sys.UnameRelease(text)]).Split('.', '-', '+');
        var kernel = release.Length > 1 && Number(release[0]) is { } major && Number(release[1]) is { } minor ? new Version(major, minor) : new Version(5, 10);
        var length = ProcFiles.Read("/proc/sys/kernel/cap_last_cap\0"u8, text);
        var last = length > 0 ? Number(Encoding.ASCII.GetString(text[..length]).Trim()) : null;
        return new HostFacts(Platform.Host.Architecture, kernel, last ?? FirstKernelWithAll - 1, Sys.GetEuid(), Sys.GetEgid());
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
