namespace SharpRun.Linux;

/// <summary>asm-generic/ioctls.h, asm-generic/termbits.h: terminals.</summary>
public static partial class Native
{
    public const uint TCGETS = 0x5401, TCSETS = 0x5402, TIOCGPGRP = 0x540F;

    public const uint IGNBRK = 1, BRKINT = 2, PARMRK = 8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IXON = 0x400;
    public const uint OPOST = 1, ONLCR = 4;
    public const uint CSIZE = 0x30, CS8 = 0x30, PARENB = 0x100;
    public const uint ISIG = 1, ICANON = 2, ECHO = 8, ECHONL = 0x40, IEXTEN = 0x8000;
    public const int VEOF = 4, VTIME = 5, VMIN = 6;
}
