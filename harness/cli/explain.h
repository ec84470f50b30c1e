/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TARE_CLI_EXPLAIN_H
#define TARE_CLI_EXPLAIN_H

#include <stdio.h>

#include <tare/registry.h>

/* The sentence of one case, from the rows that judge it; cells: those of its `count` references. */
void tare__explain_case(FILE *to, const struct tare_case_ref *refs, size_t count);

#endif
