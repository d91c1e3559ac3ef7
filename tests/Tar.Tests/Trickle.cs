using System;
using System.IO;

namespace SharpRun.Tar.Tests;

/// <summary>Gives a few bytes at a time, as a network does.</summary>
sealed class Trickle(byte[] content, int most) : MemoryStream(content)
{
    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, most)]);

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));
}
