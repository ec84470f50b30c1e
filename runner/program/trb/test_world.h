/* SPDX-License-Identifier: Apache-2.0 */
/* test_world - what cases of the core begin with: a toy, an open scope, an argument and two tensors */
#ifndef TARE_TRB_TEST_WORLD_H
#define TARE_TRB_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/trb_build.h>

#include "test_toy.h"

struct world {
	struct toy toy;
	struct tare__trb *trb;
	struct tare_trb_arg arg;
	struct tare_trb_tensor x, y; /* 64 words of values, and as many at an address of nobody's */
	uint32_t values[64];
};

extern struct world w;
extern const struct tare_trb_capacity small;

void open_world(const struct tare_trb_capacity *capacity);
int open_small(void **state);
int close_world(void **state);

uint64_t submit_with(enum tare_trb_tag tag, const void *tensor);
uint64_t submit_nothing(void);
struct tare_trb_create_info info_of(uint32_t bytes);

/* The launch has failed with that code, says so with that text, and nothing can be submitted any more. */
void assert_code(enum tare_trb_error code, const char *text);

#endif
