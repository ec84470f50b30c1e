/* SPDX-License-Identifier: Apache-2.0 */
#include "weigh.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tare/device_program.h>
#include <tare/object.h>
#include <tare/text.h>

static const struct { const char *word; enum tare_data_type type; } types[] = {
	{ "f32", TARE_FLOAT32 }, { "f16", TARE_FLOAT16 }, { "bf16", TARE_BFLOAT16 }, { "i64", TARE_INT64 },
	{ "i32", TARE_INT32 }, { "i16", TARE_INT16 }, { "i8", TARE_INT8 }, { "u64", TARE_UINT64 },
	{ "u32", TARE_UINT32 }, { "u16", TARE_UINT16 }, { "u8", TARE_UINT8 },
};

int tare__weigh_file(const char *option, const char *file, char path[TARE_WEIGH_PATH])
{
	char here[TARE_WEIGH_PATH] = "";
	bool absolute = *file == '/';

	/* The child reads it from a directory of its own. */
	if ((absolute || getcwd(here, sizeof here)) && access(file, R_OK) == 0 &&
	    snprintf(path, TARE_WEIGH_PATH, "%s%s%s", here, absolute ? "" : "/", file) < TARE_WEIGH_PATH)
		return 0;
	tare__complain("--%s: %s can't be read", option, file);
	return -1;
}

static int add_kernel(struct tare__weighed *weighed, const char *word)
{
	struct tare_fixture_child *child = &weighed->fixture.children[weighed->child_count];
	char *path = weighed->kernels[weighed->child_count];
	const char *core = strchr(word, ':'), *file = core ? strchr(core + 1, ':') : NULL;
	char id[16];
	uint64_t number;

	if (!file || (size_t)(core - word) >= sizeof id)
		goto wrong;
	snprintf(id, sizeof id, "%.*s", (int)(core - word), word);
	if (tare_number(id, false, &number) != 0 || number >= TARE_FUNC_IDS)
		goto wrong;
	if (strncmp(core, ":aic:", 5) != 0 && strncmp(core, ":aiv:", 5) != 0)
		goto wrong;
	if (tare__weigh_file("kernel", file + 1, path))
		return -1;
	*child = (struct tare_fixture_child){ path, (int32_t)number, core[3] == 'c' ? TARE_CORE_AIC : TARE_CORE_AIV };
	weighed->child_count++;
	return 0;
wrong:
	tare__complain("--kernel: '%s' is not ID:aic|aiv:FILE with an ID below %d", word, TARE_FUNC_IDS);
	return -1;
}

int tare__weigh_kernels(struct tare__weighed *weighed, const struct tare__list *words)
{
	for (unsigned i = 0; i < words->count; i++)
		if (add_kernel(weighed, words->at[i]))
			return -1;
	return 0;
}

/* "4,4]" : the dimensions up to the bracket; returns what follows it, or NULL. */
static const char *read_shape(const char *at, uint32_t shape[TARE_TENSOR_DIMS], uint32_t *elements)
{
	uint64_t product = 1;
	char *end;

	for (unsigned i = 0; i < TARE_TENSOR_DIMS; i++) {
		unsigned long long size = *at >= '0' && *at <= '9' ? strtoull(at, &end, 10) : 0;

		if (size == 0 || size > UINT32_MAX || (product *= size) > UINT32_MAX)
			return NULL;
		shape[i] = (uint32_t)size;
		*elements = (uint32_t)product;
		if (*end == ']')
			return end + 1;
		if (*end != ',')
			return NULL;
		at = end + 1;
	}
	return NULL;
}

/* One tensor at `at`; returns what follows it, or NULL. */
static const char *read_tensor(struct tare__weighed *weighed, const char *at)
{
	struct tare_fixture_tensor *tensor = &weighed->fixture.tensors[weighed->tensor_count];
	uint32_t *shape = weighed->shapes[weighed->tensor_count];
	const char *bracket = strchr(at, '[');
	size_t i = 0;
	char *end;

	if (!bracket)
		return NULL;
	while (i < TARE_COUNT(types) && (strlen(types[i].word) != (size_t)(bracket - at) ||
	       strncmp(types[i].word, at, (size_t)(bracket - at)) != 0))
		i++;
	if (i == TARE_COUNT(types))
		return NULL;
	at = read_shape(bracket + 1, shape, &tensor->elements);
	if (!at)
		return NULL;
	tensor->type = types[i].type;
	if (*at == '=') {
		tensor->fill = strtof(at + 1, &end);
		if (end == at + 1)
			return NULL;
		at = end;
	}
	weighed->tensor_count++;
	return at;
}

static const char *read_scalar(struct tare__weighed *weighed, const char *at)
{
	struct tare_fixture *fixture = &weighed->fixture;
	char *end;

	fixture->scalars[fixture->scalar_count++] = strtoull(at, &end, 0);
	return end;
}

/* Both have their place in the signature, which is as long as the list of tensors. */
static bool is_full(const struct tare__weighed *weighed)
{
	return weighed->tensor_count + weighed->fixture.scalar_count == TARE_CHIP_TENSORS;
}

int tare__weigh_args(struct tare__weighed *weighed, const char *spec)
{
	const char *at = spec, *item = spec;

	weighed->fixture.shapes = weighed->shapes;
	while (at && *at) {
		item = at;
		if (is_full(weighed)) {
			tare__complain("--args: a callable has at most %d tensors and scalars", TARE_CHIP_TENSORS);
			return -1;
		}
		at = *at >= '0' && *at <= '9' ? read_scalar(weighed, at) : read_tensor(weighed, at);
		if (!at || (*at && (*at != ',' || !at[1])))
			break;
		at += *at == ',';
	}
	if (at && !*at && *spec)
		return 0;
	tare__complain("--args: '%s' is neither a tensor like f32[128,128]=2 nor a scalar", item);
	return -1;
}

static enum tare_direction direction_of(const char *word, size_t length)
{
	static const char *const names[] = { [TARE_IN] = "IN", [TARE_OUT] = "OUT", [TARE_INOUT] = "INOUT" };

	for (int i = TARE_IN; i <= TARE_INOUT; i++)
		if (strlen(names[i]) == length && strncmp(names[i], word, length) == 0)
			return (enum tare_direction)i;
	return TARE_SCALAR;
}

int tare__weigh_signature(struct tare__weighed *weighed, const char *words)
{
	unsigned count = 0;

	for (; !words && count < weighed->tensor_count; count++)
		weighed->fixture.tensors[count].direction = count + 1 < weighed->tensor_count ? TARE_IN : TARE_OUT;
	for (const char *at = words; at; count++) {
		size_t length = strcspn(at, ",");
		enum tare_direction direction = direction_of(at, length);

		if (direction == TARE_SCALAR) {
			tare__complain("--signature: '%.*s' is none of IN, OUT, INOUT", (int)length, at);
			return -1;
		}
		if (count < weighed->tensor_count)
			weighed->fixture.tensors[count].direction = direction;
		at = at[length] ? at + length + 1 : NULL;
	}
	if (count == weighed->tensor_count)
		return 0;
	tare__complain("--signature has %u directions, and --args has %u tensors", count, weighed->tensor_count);
	return -1;
}
