/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/cell.h>

#include <stdio.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>

static const char *const arch_names[] = { "a2a3", "a5" };
static const char *const platform_names[] = { "onboard", "sim" };
static const char *const graph_names[] = { "hbg", "trb" };
static const char *const graph_long_names[] = { "host_build_graph", "tensormap_and_ringbuffer" };

static const struct tare_cell cells[] = {
	{ TARE_ARCH_A2A3, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG },
	{ TARE_ARCH_A2A3, TARE_PLATFORM_ONBOARD, TARE_GRAPH_TRB },
	{ TARE_ARCH_A2A3, TARE_PLATFORM_SIM,     TARE_GRAPH_HBG },
	{ TARE_ARCH_A2A3, TARE_PLATFORM_SIM,     TARE_GRAPH_TRB },
	{ TARE_ARCH_A5,   TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG },
	{ TARE_ARCH_A5,   TARE_PLATFORM_ONBOARD, TARE_GRAPH_TRB },
	{ TARE_ARCH_A5,   TARE_PLATFORM_SIM,     TARE_GRAPH_HBG },
	{ TARE_ARCH_A5,   TARE_PLATFORM_SIM,     TARE_GRAPH_TRB },
};

const char *tare_arch_name(enum tare_arch_id arch)
{
	return arch_names[arch];
}

const char *tare_platform_name(enum tare_platform_id platform)
{
	return platform_names[platform];
}

const char *tare_graph_name(enum tare_graph_id graph)
{
	return graph_names[graph];
}

const char *tare_cell_text(struct tare_cell cell, char text[TARE_CELL_TEXT])
{
	snprintf(text, TARE_CELL_TEXT, "%s/%s/%s", arch_names[cell.arch], platform_names[cell.platform],
		graph_names[cell.graph]);
	return text;
}

static int find_word(const char *const *names, int count, const char *word, size_t length)
{
	for (int i = 0; i < count; i++)
		if (strlen(names[i]) == length && strncmp(names[i], word, length) == 0)
			return i;
	return -1;
}

int tare_cell_read(const char *text, struct tare_cell *cell)
{
	const char *first = strchr(text, '/');
	const char *second = first ? strchr(first + 1, '/') : NULL;

	if (!second)
		return TARE_E_ARGUMENT;
	int arch = find_word(arch_names, TARE_ARCH_COUNT, text, (size_t)(first - text));
	int platform = find_word(platform_names, TARE_PLATFORM_COUNT, first + 1, (size_t)(second - first - 1));
	int graph = find_word(graph_names, TARE_GRAPH_COUNT, second + 1, strlen(second + 1));
	if (graph < 0)
		graph = find_word(graph_long_names, TARE_GRAPH_COUNT, second + 1, strlen(second + 1));
	if (arch < 0 || platform < 0 || graph < 0)
		return TARE_E_ARGUMENT;
	*cell = (struct tare_cell){ (enum tare_arch_id)arch, (enum tare_platform_id)platform, (enum tare_graph_id)graph };
	return TARE_OK;
}

const struct tare_cell *tare_cells(size_t *count)
{
	*count = TARE_COUNT(cells);
	return cells;
}
