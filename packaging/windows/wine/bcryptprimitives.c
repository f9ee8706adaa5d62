/* Stand-in for the bcryptprimitives.dll of Windows 10, which Wine 8 lacks; for tests only.
 *
 * Libraries written in Rust take their random bytes from its one function. */

#include <windows.h>

/* RtlGenRandom under the name by which advapi32 exports it. */
BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    const ULONG most = 0x40000000;
    while (length > 0) {
        ULONG now = length < most ? (ULONG)length : most;
        if (!SystemFunction036(data, now))
            return FALSE;
        data += now;
        length -= now;
    }
    return TRUE;
}
