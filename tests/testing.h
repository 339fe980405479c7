// doctest for tests of code that uses reactor/base/check.h: both define CHECK, and in a test it is
// doctest's. Include this last, because the project's headers use their own CHECK.
#pragma once

#undef CHECK
#include <doctest/doctest.h>
