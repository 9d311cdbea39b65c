#pragma once

#include "fiber.h"

namespace emu
{
/// Says what an address is, for messages; null where nobody knows.
using AddressDescriber = void (*)(const void* address, char* text, size_t size);
void setAddressDescriber(AddressDescriber describer);
void describeAddress(const void* address, char* text, size_t size);

/// Keeps what went wrong in a kernel, where, and who waits for whom, for `emu_failure_message`.
void describeFailure(const char* kernel, const char* why, const Fiber* fibers, int count);

/// Turns faults of a kernel (bad addresses, too little stack, division by zero) into failures. Other faults go where they went
/// before.
void catchFaults();
}
