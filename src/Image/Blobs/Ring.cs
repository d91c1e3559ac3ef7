using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace SharpRun.Image.Blobs;

/// <summary>A few large buffers between a thread that fills them and one that reads them. The reader may go at any moment; the other then does not
/// wait any longer.</summary>
sealed class Ring
{
    private const int Buffers = 4, BufferBytes = 256 * 1024;

    private readonly object _lock = new();
    private readonly byte[][] _buffers = new byte[Buffers][];
    private readonly int[] _lengths = new int[Buffers];
    private int _first, _full;
    private bool _isReading, _isAbandoned;
    private ExceptionDispatchInfo? _failure;

    /// <summary>The filling side: a buffer to fill, or null when nobody reads any longer.</summary>
    public byte[]? Begin()
    {
        lock (_lock)
        {
            while (_full == Buffers && !_isAbandoned)
            {
                Monitor.Wait(_lock);
            }
            return _isAbandoned ? null : _buffers[(_first + _full) % Buffers] ??= new byte[BufferBytes];
        }
    }

    /// <summary>The filling side: this many bytes of the buffer are good; 0 is the end.</summary>
    public void End(int length)
    {
        lock (_lock)
        {
            _lengths[(_first + _full) % Buffers] = length;
            _full++;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>The filling side will not fill any more. The reader gets what was filled before, and then the failure.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>The reading side: the next bytes, good until the next call, none at the end. Throws what the other side has failed with.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        lock (_lock)
        {
            if (_isReading)
            {
                _first = (_first + 1) % Buffers;
                _full--;
                _isReading = false;
                Monitor.PulseAll(_lock);
            }
            while (_full == 0 && _failure is null)
            {
                Monitor.Wait(_lock);
            }
            if (_full == 0)
            {
                _failure!.Throw();
            }
            _isReading = true;
            return _buffers[_first].AsMemory(0, _lengths[_first]);
        }
    }

    /// <summary>The reading side goes.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _isAbandoned = true;
            Monitor.PulseAll(_lock);
        }
    }
}
