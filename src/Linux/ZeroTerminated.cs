using System.Text;

namespace SharpRun.Linux;

/// <summary>A path, or another text, as system calls take it: UTF-8 with a final zero. A zero within it is the end for the kernel.</summary>
public static class ZeroTerminated
{
    public static byte[] Of(string text) => Encoding.UTF8.GetBytes(text + "\0");
}
