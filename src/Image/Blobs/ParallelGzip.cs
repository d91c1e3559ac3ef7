using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;
using System.Runtime.ExceptionServices;
using System.Threading;
using SharpRun.Tar;

namespace SharpRun.Image.Blobs;

/// <summary>
/// gzip of one member, whose blocks of a fixed size are deflated by several threads, each to a byte's end (as pigz does): the number of threads does
/// not change a bit. Writes to the destination only on the caller's thread, in order. <see cref="Stream.Dispose()"/> writes the end;
/// <see cref="Abandon"/> before it gives up.
/// </summary>
sealed class ParallelGzip : ForwardStream
{
    public const int MostThreads = 4;

    private const int BlockBytes = 1 << 20;

    // RFC 1952, 2.3: deflate, no flags, no time, no level, unknown system.
    private static readonly byte[] s_header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

    // An empty last block of fixed codes (RFC 1951, 3.2.6).
    private static readonly byte[] s_lastBlock = [3, 0];

    private enum State
    {
        Empty, Ready, Busy, Done,
    }

    private sealed class Block
    {
        public State State;
        public readonly byte[] Input = new byte[BlockBytes];
        public int Length;
        // What does not get smaller gets a few bytes longer.
        public readonly byte[] Output = new byte[BlockBytes + BlockBytes / 8];
        public int OutputLength;
        public ExceptionDispatchInfo? Failure;
    }

    private readonly object _lock = new();
    private readonly Stream _destination;
    private readonly Block[] _blocks;
    private readonly Thread[] _threads;
    private int _filling, _next;
    private bool _isStopping, _isClosed;
    private uint _crc;
    private uint _length;

    public ParallelGzip(Stream destination, int threads)
    {
        _destination = destination;
        destination.Write(s_header);
        _blocks = new Block[threads + 1];
        for (var i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new Block();
        }
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Deflate) { IsBackground = true, Name = "gzip" };
            _threads[i].Start();
        }
    }

    public override bool CanWrite => true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _crc = Crc32.Append(_crc, buffer);
        _length = unchecked(_length + (uint)buffer.Length);
        while (!buffer.IsEmpty)
        {
            var block = _blocks[_filling];
            var count = Math.Min(buffer.Length, BlockBytes - block.Length);
            buffer[..count].CopyTo(block.Input.AsSpan(block.Length));
            block.Length += count;
            buffer = buffer[count..];
            if (block.Length == BlockBytes)
            {
                Submit(block);
            }
        }
    }

    // The block goes to a thread; the one after it in the ring is the oldest, and is written out before it is used again.
    private void Submit(Block block)
    {
        lock (_lock)
        {
            block.State = State.Ready;
            Monitor.PulseAll(_lock);
        }
        _filling = (_filling + 1) % _blocks.Length;
        WriteOut(_blocks[_filling]);
    }

    private void WriteOut(Block block)
    {
        lock (_lock)
        {
            while (block.State is State.Ready or State.Busy)
            {
                Monitor.Wait(_lock);
            }
        }
        if (block.State == State.Empty)
        {
            return;
        }
        block.Failure?.Throw();
        _destination.Write(block.Output.AsSpan(0, block.OutputLength));
        block.Length = 0;
        block.State = State.Empty;
    }

    private void Deflate()
    {
        while (Take() is { } block)
        {
            try
            {
                using var output = new MemoryStream(block.Output);
                using var deflate = new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true);
                deflate.Write(block.Input, 0, block.Length);
                deflate.Flush();
                // Disposing writes a last block, which only the member's end may be.
                block.OutputLength = (int)output.Position;
            }
            catch (Exception error)
            {
                block.Failure = ExceptionDispatchInfo.Capture(error);
            }
            lock (_lock)
            {
                block.State = State.Done;
                Monitor.PulseAll(_lock);
            }
        }
    }

    // In the order of the ring. Null when there will be no more.
    private Block? Take()
    {
        lock (_lock)
        {
            while (_blocks[_next].State != State.Ready)
            {
                if (_isStopping)
                {
                    return null;
                }
                Monitor.Wait(_lock);
            }
            var block = _blocks[_next];
            block.State = State.Busy;
            _next = (_next + 1) % _blocks.Length;
            return block;
        }
    }

    /// <summary>Ends the threads; the destination holds a beginning.</summary>
    public void Abandon()
    {
        _isClosed = true;
        Stop();
    }

    private void Stop()
    {
        lock (_lock)
        {
            _isStopping = true;
            Monitor.PulseAll(_lock);
        }
        foreach (var thread in _threads)
        {
            thread.Join();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            try
            {
                End();
            }
            finally
            {
                Stop();
            }
        }
        base.Dispose(disposing);
    }

    private void End()
    {
        if (_blocks[_filling].Length > 0)
        {
            Submit(_blocks[_filling]);
        }
        // From the oldest on.
        for (var i = 0; i < _blocks.Length; i++)
        {
            WriteOut(_blocks[(_filling + i) % _blocks.Length]);
        }
        _destination.Write(s_lastBlock);
        Span<byte> end = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(end, _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(end[4..], _length);
        _destination.Write(end);
    }
}
