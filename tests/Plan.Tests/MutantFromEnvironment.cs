#if MUTANTS
using System;
using System.Runtime.CompilerServices;

namespace SharpRun.Planning.Tests;

/// <summary>In the build of `make mutants` the tests, like the binary, take the mutant's name from SHARPRUN_MUTANT.</summary>
static class MutantFromEnvironment
{
    [ModuleInitializer]
    public static void Read() => Mutant.Name = Environment.GetEnvironmentVariable("SHARPRUN_MUTANT");
}
#endif
