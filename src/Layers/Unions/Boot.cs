using System.Text;
using SharpRun.Linux;

namespace SharpRun.Layers.Unions;

static class Boot
{
    /// <summary>The running boot's: another one after every start of the machine (random(4)).</summary>
    public static string Id()
    {
        ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/sys/kernel/random/boot_id\0"u8, 4096, out var id).OrThrow("read /proc/sys/kernel/random/boot_id");
        return Encoding.ASCII.GetString(id).Trim();
    }
}
