#pragma once

namespace emu::driver
{
/// The result of a call of the driver, with the driver's numbers.
enum Result : int
{
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    NotInitialized = 3,
    InvalidDevice = 101,
    InvalidImage = 200,
    InvalidContext = 201,
    InvalidHandle = 400,
    NotFound = 500,
    NotReady = 600,
    IllegalAddress = 700,
    ContextIsDestroyed = 709,
    LaunchFailed = 719,
    NotSupported = 801,
    CaptureUnsupported = 900,
    CaptureInvalidated = 901,
    CaptureWrongThread = 908,
};
}

/// A function that the real library exports, too, or a test calls.
#define EMU_API extern "C" __attribute__((visibility("default")))
