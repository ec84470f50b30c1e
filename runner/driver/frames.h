/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames - who called, by frame pointers
 */
#ifndef TARE_DRIVER_FRAMES_H
#define TARE_DRIVER_FRAMES_H

/* From a frame address upwards: up to four return addresses, innermost first; the rest stays NULL. */
void tare__frames_collect(void *frame, void *frames[4]);

#endif
