/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_object - orchestration objects, opened on the device once for each registration
 *
 * The table is the context's and outlives launches; only the orchestrator of a
 * launch and the close entry come here, never at the same time.  A row is
 * written when all of it is known (L3, L6).
 */
#include "trb_crew.h"

#include <tare/status.h>

TARE__EXPORT int simpler_aicpu_close(struct tare_device_port *port, void *args);

/* "orchestration_12" */
static void name_object(char name[32], uint32_t id)
{
	static const char prefix[] = "orchestration_";
	char *at = name;

	for (const char *from = prefix; *from; from++)
		*at++ = *from;
	if (id >= 10)
		*at++ = (char)('0' + id / 10 % 10);
	*at++ = (char)('0' + id % 10);
	*at = '\0';
}

/* What an object need not have. */
static int look_for(struct tare_device_port *port, uint64_t object, const char *name, uint64_t *address)
{
	int rc = port->ops->object_symbol(port, object, name, address);

	if (rc)
		*address = 0;
	return rc == TARE_E_NOT_FOUND ? 0 : rc;
}

static int look_up(struct tare_device_port *port, const struct tare_trb_image *image, struct tare_trb_object *row)
{
	const char *function = image->function_name[0] ? image->function_name : TARE_TRB_DEFAULT_ENTRY;
	const char *config = image->config_name[0] ? image->config_name : TARE_TRB_DEFAULT_CONFIG;
	int rc = port->ops->object_symbol(port, row->object, function, &row->entry);

	if (!rc && !row->entry)
		rc = TARE_E_NOT_FOUND;
	if (!rc)
		rc = look_for(port, row->object, config, &row->config);
	if (!rc)
		rc = look_for(port, row->object, TARE_TRB_BIND, &row->bind);
	return rc;
}

static int open(struct tare_device_port *port, const struct tare_trb_image *image, struct tare_trb_object *row)
{
	struct tare_trb_object fresh = { .registration = image->registration };
	char name[32];
	int rc;

	name_object(name, image->callable_id);
	rc = port->ops->object_open(port, name, (const void *)(uintptr_t)image->code, image->code_size, &fresh.object);
	if (rc)
		return rc;
	rc = look_up(port, image, &fresh);
	if (rc)
		port->ops->object_close(port, fresh.object);
	else
		*row = fresh;
	return rc;
}

int tare__trb_object_drop(struct tare_device_port *port, struct tare_trb_object *row)
{
	uint64_t object = row->object;
	bool known = row->registration != 0;

	*row = (struct tare_trb_object){ 0 };
	return known ? port->ops->object_close(port, object) : 0;
}

int tare__trb_object_get(struct tare_device_port *port, struct tare_trb_image *image, struct tare_trb_object *known)
{
	struct tare_trb_object *row = (struct tare_trb_object *)(uintptr_t)image->objects + image->callable_id;
	int rc = 0;

	if (row->registration != image->registration) {
		rc = tare__trb_object_drop(port, row);
		if (!rc)
			rc = open(port, image, row);
		image->status.opened = rc ? TARE_TRB_OPEN_FAILED : TARE_TRB_OPENED;
	}
	*known = *row;
	return rc;
}

int simpler_aicpu_close(struct tare_device_port *port, void *args)
{
	struct tare_trb_close *close = tare__args_runtime(args);

	if (port->index)
		return 0;
	if (close->revision != TARE_TRB_REVISION || close->callable_id >= TARE_CALLABLE_IDS || !close->objects)
		return TARE_E_FAILED;
	close->error = tare__trb_object_drop(port, (struct tare_trb_object *)(uintptr_t)close->objects + close->callable_id);
	close->closed = 1;
	return close->error;
}
