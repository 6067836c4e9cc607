print("sessions-gateway")
