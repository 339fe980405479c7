// doctest for the tests of project code. Include it behind every project header: both name a macro
// CHECK, and from here on it is doctest's.
#pragma once

#include "reactor/base/check.h"

#undef CHECK

#include <doctest/doctest.h>
