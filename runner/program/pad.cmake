# Brings an ELF file to an exact size by a section that is not loaded.
#
#   cmake -DOBJCOPY=... -DINPUT=a.so -DOUTPUT=b.so -DBYTES=79872 -P pad.cmake
#
# The cost of an image is its file size, and a strict reader accepts no bytes behind the last table.  The size
# follows the section's in steps, so it is approached and then checked.
file(SIZE ${INPUT} size)
math(EXPR padding "${BYTES} - ${size} - 128")
foreach(attempt RANGE 8)
	if(padding LESS 1)
		message(FATAL_ERROR "${INPUT} has ${size} bytes and does not fit ${BYTES}")
	endif()
	string(REPEAT "." ${padding} filling)
	file(WRITE ${OUTPUT}.pad "${filling}")
	execute_process(COMMAND ${OBJCOPY} --add-section .pad=${OUTPUT}.pad --set-section-flags .pad=contents,readonly
		${INPUT} ${OUTPUT} RESULT_VARIABLE failed)
	file(REMOVE ${OUTPUT}.pad)
	if(failed)
		message(FATAL_ERROR "${OBJCOPY} could not pad ${INPUT}")
	endif()
	file(SIZE ${OUTPUT} size)
	if(size EQUAL BYTES)
		return()
	endif()
	math(EXPR padding "${padding} + ${BYTES} - ${size}")
endforeach()
message(FATAL_ERROR "${OUTPUT} has ${size} bytes, wanted ${BYTES}")
