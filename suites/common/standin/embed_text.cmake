# Script: writes a C++ source that holds a text file. -DINPUT=<file> -DOUTPUT=<file> -DSYMBOL=<name>
file(READ "${INPUT}" text)
# Compilers bound the length of one literal, so the text is cut at its lines.
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
file(WRITE "${OUTPUT}" "extern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] =\n    \"${text}\";\n")
