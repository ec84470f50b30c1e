/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that lead to the ABI itself: for calls that no well-behaved caller
 * makes, and for threads, where a call that fails can't end the when.
 */
#include "case.h"

const struct tare_abi *tare_abi(const struct tare_case *c)
{
	return c->abi;
}

void *tare_context(struct tare_case *c)
{
	return tare__case_created(c)->handle;
}

void *tare_runtime(struct tare_case *c)
{
	return tare__case_created(c)->runtime;
}

void tare_destroy(struct tare_case *c)
{
	tare__context_destroy(c, tare__case_created(c));
}

int tare_try_init(struct tare_case *c, const struct tare_objects *objects)
{
	return tare__context_init_with(c, tare__case_created(c), objects);
}

bool tare_runs_in(const struct tare_case *c, unsigned cells)
{
	const struct tare_cell cell = c->plan->ref->cell;
	const unsigned here = (cell.arch == TARE_ARCH_A2A3 ? A2A3 : A5) |
		(cell.platform == TARE_PLATFORM_ONBOARD ? ONBOARD : SIM) |
		(cell.graph == TARE_GRAPH_HBG ? HOST_BUILD_GRAPH : TENSORMAP_AND_RINGBUFFER);

	return (cells & here) == cells;
}

const void *tare_image(struct tare_case *c, const char *name, size_t *size)
{
	const struct tare_callable_image *image = tare__case_image(c, tare__case_fixture(c, name));

	*size = image->size;
	return image->bytes;
}

struct tare_chip_args *tare_arguments(struct tare_callable *callable)
{
	return &callable->args;
}

void tare_still_works(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_unregister(c, vector);
}
