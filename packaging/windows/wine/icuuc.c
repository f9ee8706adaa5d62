/* Stand-in for the icuuc.dll of Windows 10, which Wine lacks; for tests only, never shipped.
 *
 * Qt asks it for text codecs other than its own. Every opening fails here, so Qt stays with UTF-8,
 * UTF-16 and Latin-1, and the rest is never called; it only has to exist for the loader. */

#define API __declspec(dllexport)

typedef int UErrorCode;

enum { U_UNSUPPORTED_ERROR = 16 };

static void *refuse(UErrorCode *error)
{
    if (error)
        *error = U_UNSUPPORTED_ERROR;
    return 0;
}

API void *ucnv_open(const char *name, UErrorCode *error) { return refuse(error); }
API const char *ucnv_getName(void *converter, UErrorCode *error) { return refuse(error); }
API int ucnv_toUCountPending(void *converter, UErrorCode *error) { refuse(error); return 0; }
API int ucnv_fromUCountPending(void *converter, UErrorCode *error) { refuse(error); return 0; }
API int ucnv_countAvailable(void) { return 0; }
API const char *ucnv_getAvailableName(int number) { return 0; }
API const char *ucnv_getStandardName(const char *name, const char *standard, UErrorCode *error)
{
    return refuse(error);
}

#define NEVER_CALLED(name) API void name(void) {}
NEVER_CALLED(ucnv_close)
NEVER_CALLED(ucnv_reset)
NEVER_CALLED(ucnv_getMaxCharSize)
NEVER_CALLED(ucnv_getToUCallBack)
NEVER_CALLED(ucnv_getFromUCallBack)
NEVER_CALLED(ucnv_setToUCallBack)
NEVER_CALLED(ucnv_setFromUCallBack)
NEVER_CALLED(ucnv_cbToUWriteUChars)
NEVER_CALLED(ucnv_cbFromUWriteUChars)
NEVER_CALLED(ucnv_toUnicode)
NEVER_CALLED(ucnv_fromUnicode)
NEVER_CALLED(UCNV_FROM_U_CALLBACK_SUBSTITUTE)
NEVER_CALLED(UCNV_TO_U_CALLBACK_SUBSTITUTE)
