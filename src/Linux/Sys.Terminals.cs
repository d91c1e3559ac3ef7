using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>struct winsize of asm-generic/termios.h: the size of a terminal, in characters and in pixels.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct WindowSize
{
    public ushort Rows, Columns, PixelsWide, PixelsHigh;
}

/// <summary>struct termios of the kernel (asm-generic/termbits.h), which is shorter than glibc's.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct TerminalModes
{
    public uint Input, Output, Control, Local;
    private byte _line;
    private fixed byte _characters[19];

    /// <summary>The character that ends the input, ^D unless somebody has chosen another one.</summary>
    public readonly byte EndOfFile => _characters[Native.VEOF];

    /// <summary>Every key goes through as it is pressed, and none is a signal here. Output is still processed: who prints "\n" on this terminal
    /// means a new line, and the terminal inside is told to leave it alone.</summary>
    public readonly TerminalModes Raw()
    {
        var raw = this;
        raw.Input &= ~(Native.IGNBRK | Native.BRKINT | Native.PARMRK | Native.ISTRIP | Native.INLCR | Native.IGNCR | Native.ICRNL | Native.IXON);
        raw.Local &= ~(Native.ECHO | Native.ECHONL | Native.ICANON | Native.ISIG | Native.IEXTEN);
        raw.Control = (raw.Control & ~(Native.CSIZE | Native.PARENB)) | Native.CS8;
        raw._characters[Native.VMIN] = 1;
        raw._characters[Native.VTIME] = 0;
        return raw;
    }
}

/// <summary>Terminals, by ioctl(2): ioctl_tty(2), ioctl_console(2), pts(4).</summary>
public static unsafe partial class Sys
{
    /// <summary>ENOTTY when the descriptor is no terminal.</summary>
    public static Errno GetTerminalModes(int fd, out TerminalModes modes)
    {
        fixed (TerminalModes* start = &modes)
        {
            return Ioctl(fd, Native.TCGETS, (nint)start).Error;
        }
    }

    /// <summary>At once, without waiting for output that is still on its way.</summary>
    public static Errno SetTerminalModes(int fd, TerminalModes modes) => Ioctl(fd, Native.TCSETS, (nint)(&modes)).Error;

    public static Errno GetWindowSize(int fd, out WindowSize size)
    {
        fixed (WindowSize* start = &size)
        {
            return Ioctl(fd, Native.TIOCGWINSZ, (nint)start).Error;
        }
    }

    /// <summary>The foreground process group of a terminal gets SIGWINCH when the size is another one.</summary>
    public static Errno SetWindowSize(int fd, WindowSize size) => Ioctl(fd, Native.TIOCSWINSZ, (nint)(&size)).Error;

    /// <summary>Whether this process may read from its controlling terminal: its process group is the terminal's foreground one.</summary>
    public static bool IsInForeground(int fd)
    {
        var group = 0;
        return Ioctl(fd, Native.TIOCGPGRP, (nint)(&group)).Ok && group == Call(CallNumber.getpgid, 0).Value;
    }

    /// <summary>Unlocks the other end of a new pseudo-terminal and opens it by the descriptor of this one, O_CLOEXEC and not yet anybody's
    /// controlling terminal (kernel 4.13).</summary>
    public static Result OpenTerminalPeer(int master)
    {
        var locked = 0;
        var error = Ioctl(master, Native.TIOCSPTLCK, (nint)(&locked)).Error;
        return error == Errno.OK ? Ioctl(master, Native.TIOCGPTPEER, Native.O_RDWR | Native.O_NOCTTY | Native.O_CLOEXEC) : Result.Failed(error);
    }

    /// <summary>The terminal becomes that of the calling session leader.</summary>
    public static Errno SetControllingTerminal(int fd) => Ioctl(fd, Native.TIOCSCTTY).Error;
}
