; The installer for Windows: for one user, without an administrator, in English and Chinese.
;
; packaging/windows/package.py calls makensis and says what stands between the two lines.
; Silent ways (/S) end with 10 when Postflight runs, and with 11 on a Windows that is too old; both
; have then changed nothing.
; -----------------------------------------------------------------------------------------------
!ifndef VERSION | FOUR_NUMBERS | PAYLOAD | OUT | ICON
  !error "package.py calls this script: VERSION, FOUR_NUMBERS, PAYLOAD, OUT and ICON are missing"
!endif
!ifndef COMPRESSOR
  !define COMPRESSOR "/SOLID lzma"
!endif
; -----------------------------------------------------------------------------------------------

; The default stub is a 32-bit program, which has no business on a 64-bit system.
Unicode true
Target amd64-unicode
SetCompressor ${COMPRESSOR}
ManifestDPIAware true
ManifestSupportedOS all
ManifestLongPathAware true
RequestExecutionLevel user

!define NAME "Postflight"
!define WINDOWED "postflight.exe"
!define CONSOLE "postflight-cli.exe"
!define OWN_KEY "Software\${NAME}"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define EXIT_RUNNING 10
!define EXIT_TOO_OLD 11
!define OLDEST_BUILD 18362 ; Windows 10, version 1903, has the icuuc.dll that Qt asks for

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "WinVer.nsh"

Name "${NAME}"
OutFile "${OUT}"
BrandingText "${NAME} ${VERSION}"
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "${OWN_KEY}" "InstallDir"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${FOUR_NUMBERS}"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "${NAME} Setup"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\${WINDOWED}"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES

; NSIS takes the language of the system, and English where it is neither.
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

LangString RUNNING ${LANG_ENGLISH} "Postflight is running, perhaps only as an icon beside the clock. \
  Quit it there, then press Retry.$\r$\n$\r$\nNothing is lost: uploads go on after the next start."
LangString RUNNING ${LANG_SIMPCHINESE} "Postflight 正在运行，可能只显示为时钟旁的图标。\
  请先退出，再按“重试”。$\r$\n$\r$\n不会丢失任何内容：下次启动后上传将继续。"
LangString TOO_OLD ${LANG_ENGLISH} "Postflight needs Windows 10 (version 1903) or newer."
LangString TOO_OLD ${LANG_SIMPCHINESE} "Postflight 需要 Windows 10（版本 1903）或更新的系统。"

; Windows lets nobody write to a program that runs, so a program that can be opened for writing
; does not. The first stays open until the second is known: it cannot be started in between.
!macro OpenIfThere handle program
  StrCpy ${handle} ""
  ${If} ${FileExists} "${program}"
    ClearErrors
    FileOpen ${handle} "${program}" a
    ${If} ${Errors}
      StrCpy ${handle} ""
      StrCpy $2 "running"
    ${EndIf}
  ${EndIf}
!macroend

!macro WaitUntilClosed un
Function ${un}WaitUntilClosed
  again:
  StrCpy $2 "closed"
  !insertmacro OpenIfThere $0 "$INSTDIR\${WINDOWED}"
  !insertmacro OpenIfThere $1 "$INSTDIR\${CONSOLE}"
  ${If} $0 != ""
    FileClose $0
  ${EndIf}
  ${If} $1 != ""
    FileClose $1
  ${EndIf}
  ${If} $2 == "running"
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDCANCEL IDRETRY again
    SetErrorLevel ${EXIT_RUNNING}
    Quit
  ${EndIf}
FunctionEnd
!macroend
!insertmacro WaitUntilClosed ""
!insertmacro WaitUntilClosed "un."

Function .onInit
  ${IfNot} ${AtLeastWin10}
  ${OrIfNot} ${AtLeastBuild} ${OLDEST_BUILD}
    MessageBox MB_OK|MB_ICONSTOP "$(TOO_OLD)" /SD IDOK
    SetErrorLevel ${EXIT_TOO_OLD}
    Quit
  ${EndIf}
FunctionEnd

; The folder may be one that others use too: only what came from here is taken away.
!macro RemoveProgram
  Delete "$INSTDIR\${WINDOWED}"
  Delete "$INSTDIR\${CONSOLE}"
  RMDir /r "$INSTDIR\_internal"
!macroend

Section "Install"
  Call WaitUntilClosed
  ; An older version's parts must not stay among those of this one.
  ${If} ${FileExists} "$INSTDIR\${WINDOWED}"
    !insertmacro RemoveProgram
  ${EndIf}
  SetOutPath "$INSTDIR"
  File /r "${PAYLOAD}\*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${WINDOWED}"

  WriteRegStr HKCU "${OWN_KEY}" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${WINDOWED}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" "$0"
SectionEnd

; Records, log and secrets lie elsewhere (%LOCALAPPDATA%\Postflight, Credential Manager) and stay:
; whoever installs Postflight again finds every batch and receipt.
Section "Uninstall"
  Call un.WaitUntilClosed
  !insertmacro RemoveProgram
  Delete "$SMPROGRAMS\${NAME}.lnk"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "${OWN_KEY}"
SectionEnd
