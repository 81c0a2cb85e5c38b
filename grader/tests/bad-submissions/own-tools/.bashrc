echo PICKED-UP .bashrc
exit 0
